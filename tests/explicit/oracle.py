"""The recursion once more, straight from the specification: plain floats and loops, sharing no code with `checks`."""

from math import exp

import numpy as np

SIGN = {0: (0, 1.0), 1: (0, -1.0), 2: (1, 1.0), 3: (1, -1.0)}
LABEL = {0: 1, 1: 1, 2: -1, 3: -1}
OTHER = {0: 1, 1: 0, 2: 3, 3: 2}


def centre(run, mu):
    axis, sign = SIGN[mu]
    return sign * run.sample.mu[axis]


def measured(run):
    """All that is measured once, by loops over neurons, samples and centres."""
    X, y, cluster, W = run.sample.X, run.sample.y, run.sample.cluster, run.weights[run.first]
    n, m, b = len(y), len(run.a), abs(run.a[0])
    v = [w / (run.step_size * b) for w in W]
    xi = [X[i] - centre(run, cluster[i]) for i in range(n)]
    sign = [1 if a > 0 else -1 for a in run.a]
    q = {"n": n, "m": m, "alpha": run.step_size, "T": run.T - run.first}
    q["plus"], q["minus"] = sign.count(1), sign.count(-1)
    clean = [y[i] == LABEL[cluster[i]] for i in range(n)]
    q["c"] = [sum(clean[i] and cluster[i] == mu for i in range(n)) / n for mu in range(4)]
    q["r"] = [sum(not clean[i] and cluster[i] == mu for i in range(n)) / n for mu in range(4)]
    q["N"] = max(q["c"][mu] + q["r"][OTHER[mu]] for mu in range(4))
    q["v0"] = max(abs(v[j] @ centre(run, nu)) for j in range(m) for nu in range(4))
    q["b0"] = max(abs(v[j] @ xi[k]) for j in range(m) for k in range(n))
    q["dp"] = max(abs(x @ centre(run, nu)) for x in xi for nu in range(4))
    q["d1"] = max(sum(abs(x @ centre(run, nu)) for x in xi) / n for nu in range(4))
    q["G"] = max(sum(abs(xi[i] @ xi[k]) for i in range(n)) / n for k in range(n))
    members = [[j for j in range(m) if sign[j] == LABEL[mu] and v[j] @ centre(run, mu) > 0] for mu in range(4)]
    q["M"] = [len(one) for one in members]
    q["miss"] = [{j: miss(v[j], X, cluster, mu, n) for j in members[mu]} for mu in range(4)]
    return q


def miss(v, X, cluster, mu, n):
    asleep = sum(v @ X[k] <= 0 for k in range(n) if cluster[k] == mu)
    awake = sum(v @ X[k] >= 0 for k in range(n) if cluster[k] == OTHER[mu])
    return (asleep + awake) / n


def recursion(q, exp=exp):
    """Every number of the recursion, by name: lists over t, then over mu where they depend on it.

    In floats, or in whatever arithmetic `q` and `exp` are.
    """
    most = max(q["plus"], q["minus"]) / q["m"]
    own, P, beta, spent, ok, oth = 0, q["v0"], q["b0"], 0, True, 0
    r = {key: [] for key in ("F", "plus", "minus", "h", "own", "P", "beta", "spent", "ok", "oth")}
    for _ in range(q["T"] + 1):
        F = q["alpha"] * most * (q["v0"] + own + q["d1"] * spent + beta)
        plus, minus = 1 / (1 + exp(-F)), 1 / (1 + exp(F))
        h = [minus * q["c"][mu] - plus * (q["r"][mu] + q["d1"]) for mu in range(4)]
        now = {"F": F, "plus": plus, "minus": minus, "h": h, "own": own, "P": P, "beta": beta}
        for key, value in (now | {"spent": spent, "ok": ok, "oth": oth}).items():
            r[key].append(value)
        ok = ok and min(h) >= 0
        spent += plus
        own, P = own + plus * q["N"], max(P, beta + plus * (q["N"] + q["d1"]))
        oth = min(own, P + q["v0"] + q["d1"] * spent) if ok else own
        beta = max(beta, q["b0"] + q["dp"] * (own + oth) + q["G"] * spent)
    return r


def ends(q, r):
    """S_mu, P_mu, kappa_mu and margin_mu."""
    T = q["T"]
    found = {"S": [], "P": [], "kappa": [], "margin": []}
    for mu in range(4):
        S = sum(r["h"][t][mu] for t in range(T))
        jump = r["beta"][T - 1] + r["plus"][T - 1] * (q["c"][OTHER[mu]] + q["r"][mu] + q["d1"])
        P = max(q["v0"], jump)
        gain = r["h"][0][mu] - r["beta"][1]
        kappa = r["plus"][0] / gain if gain > 0 else 0  # where R2 fails it means nothing
        wrong = q["minus"] if LABEL[mu] > 0 else q["plus"]
        own = (S - r["beta"][T]) * (q["M"][mu] - kappa * sum(q["miss"][mu].values())) / q["m"]
        margin = q["alpha"] * (own - wrong / q["m"] * (P + r["beta"][T]))
        for key, value in {"S": S, "P": P, "kappa": kappa, "margin": margin}.items():
            found[key].append(value)
    return found


def pulls(run, t):
    """g A of every neuron and sample at a kept step, by loops: shape (m, n)."""
    X, y, W = run.sample.X, run.sample.y, run.weights[t]
    f = [sum(a * max(0.0, w @ x) for a, w in zip(run.a, W, strict=True)) for x in X]
    g = [1 / (1 + exp(y[i] * f[i])) for i in range(len(y))]
    at_zero = run.relu_at_zero
    awake = [[1.0 if w @ x > 0 else at_zero if w @ x == 0 else 0.0 for x in X] for w in W]
    return np.array(awake) * np.array(g)
