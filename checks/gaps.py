"""What does not follow as printed, with the repair, and how unclear print is read. Kept as data for every report."""

GAPS = {
    "G1": "L11 uses almost-orthogonality at time T, L13 gives it up to T − 1. Repair: the induction step of L13 from K to T works unchanged.",
    "G2": "E11 takes P(⟨z,v⟩ > 0) = ½, which needs projections with median 0; mean zero and log-concavity give [1/e, 1 − 1/e]. "
    "Repair: the edge is P(−τ < ⟨z,ŵ⟩ ≤ τ) with τ = ⟨ŵ,μ⟩/σ, at least 2 c1 for every log-concave law once s ≤ 3/C0 "
    "(or C ≥ 6 C0 and Cantelli's inequality, side by side).",
    "G3": "cnt_μ(j) is called binomial over clean samples; if the noise depends on x, clean samples do not have the law of the cluster. "
    "Repair: count over all of I_μ and subtract |I^N_μ|.",
    "G4": "The good run spends all of 4δ and uniform convergence has a failure probability of its own; the textbook bound has twice the "
    "Rademacher complexity. Repair: 1 − 5δ, and 8/γ in place of 4/γ.",
    "G5": "E16 bounds ‖x_i‖ by 1 + 1/√3 = 1.577, which exceeds √2. Repair: ‖ξ_i‖ ≤ √2 − 1.",
    "G6": "At the end of L13 a value above αb that decreases is said to land in [−αb, αb]; it may stay above αb. Repair: the upper end is 3αb.",
    "G7": "E51 reads α + 4 for αT = α + ¼, hence the constant 8; 1/√m would do.",
    "G8": "E33 (ii) takes |N|/n ≤ 2η, which does not follow (η may be 0). Repair: |N|/n ≤ 1/(2 C2) from L5c, A3, A4.",
    "G9": "In E28 one entry of the maximum is negative; absolute values are meant.",
    "G10": "In Appendix D exp(−C√d/3) ≤ √(log(1/δ)/n) is equivalent to C√d ≥ (3/2) log(n/log(1/δ)), not with 3; 3 suffices.",
    "G11": "P2 cites L5 for ‖w_j(0)‖ and L14 for ‖W(0)‖_F; both come from L3.",
    "G12": "Independence of sign and modulus of ⟨w,μ1⟩ is justified by the norm; it holds because a centred Gaussian's sign and modulus are independent.",
    "G13": "No linear classifier beats guessing: true of x ↦ sgn⟨v,x⟩ (exactly for symmetric clusters); an affine one reaches ¾.",
    "G14": "Flips are independent given the inputs; an adversary who sees the whole sample is outside the model.",
    "G15": "1/(4α) need not be an integer; A7 does not force it.",
    "G16": "With s ≤ 1/C and C far above C0 nearly all samples of a cluster are active on J at the start; the narrative needs s of order 1/C0 to 1.",
    "G17": "L8 is stated for positive margins only; T1 uses its mirror image for noisy samples.",
    "G18": "The requirements on C add up to about 1e23, and T1.test is vacuous below n ≈ 2e11.",
}
"""Gaps and slips of the paper by id."""

READINGS = {
    "R1": "A1: exponent 2, d ≥ C max{log²(n/δ), log(m/δ)}.",
    "R2": "A6: ω² ≤ 1/(C² m d); the exponent is the setting key a6_power.",
    "R3": "L5b: ‖x_i − μ‖² ≤ C1 σ²d ≤ 1/C1, used as ‖x_i − μ‖ ≤ C1 σ√d.",
    "R4": "L5c: the last term is 1/C1.",
    "R5": "C10: t ≤ τ.",
    "R6": "T1.test: C √(log(1/δ)/n), with √(2C log(2T/δ)) inside the last display.",
    "R7": "P2: only the first fraction after the inequality sign is legible.",
    "R8": "E7, E9, E10, E14: coefficients 4C1 and 4.",
    "R9": "E44 (iii): E/32.",
    "R10": "Figure 2: σ² = d^(−1.2).",
    "R11": "A2: σ² ≤ 1/(C² d).",
    "R12": "L3: threshold ω/(2C0), loss 1/(2C0) + √(2 log(4/δ)/m).",
    "R13": "L4: (m/4)(1 − 1/C0)².",
    "R14": "D7, T1: C0 = 4⁵·1024²·exp(4).",
    "R15": "L8: 1/(16 C_f²).",
    "R16": "L11: C3 = 4096 e²/(1 − 1/C0)².",
    "R17": "L12, E35: 1/(16 C2).",
    "R18": "E17, L14: √2 bαt, then 2bαt.",
    "R19": "E20: (i)–(v) rebuilt from their explanations.",
    "R20": "E21, E22: 64, 256, 1024, 2·1024 and the condition with 6·1024.",
    "R21": "E31, E34: 1/(4C2) − [C1 s + u] ≥ 1/(8C2).",
    "R22": "E39: E/32 − 2ρ − 2C1 s ≥ E/64, with E/128 for each term.",
    "R23": "E40: (E/128) t/(t+1) ≥ E/256.",
    "R24": "E41: −(E/4n)(Σ − 6e²Σ).",
    "R25": "E47: γ = E/(16·1024).",
    "R26": "E50–E55: 256, 512, 1024, 8·1024², 16·1024; u ≤ E/4096.",
    "R27": "E53: ⟨w_j(0), x_i⟩ ≥ 0.",
    "R28": "Appendix D: “for C > 2” is immaterial.",
    "R29": "L4: √(4 log(32/δ)/m), and the same width for the share of signs.",
    "R30": "Signal-to-noise remark: the variance of ⟨x, μ1⟩ is ½ + σ².",
}
"""Readings of print that is unclear, by id."""
