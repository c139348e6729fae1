"""A PyTorch network trained by torch.optim.SGD, recorded and judged: `python examples/pytorch_loop.py`.

The three lines of the recorder are marked. Parameters are copied, so that the optimizer may change them in place.
"""

import torch

import rfa


class TwoLayers(torch.nn.Module):
    """f(x) = sum_j a_j relu(<w_j, x>) with a fixed second layer."""

    def __init__(self, W, a):
        super().__init__()
        self.W = torch.nn.Parameter(W.clone())
        self.register_buffer("a", a)

    def forward(self, x):
        """f(x) for the rows of x."""
        return torch.relu(x @ self.W.T) @ self.a


def train(X, y, W, a, step_size, steps, **known):
    """Full-batch gradient descent on the logistic loss, recorded."""
    network = TwoLayers(W, a)
    optimizer = torch.optim.SGD(network.parameters(), lr=step_size)
    rec = rfa.Recorder(X, y, step_size=step_size, **known)  # 1
    for _ in range(steps + 1):
        rec.step(network.W, network.a)  # 2
        optimizer.zero_grad()
        torch.nn.functional.softplus(-y * network(X)).mean().backward()
        optimizer.step()
    return rec.run()  # 3


if __name__ == "__main__":
    torch.manual_seed(0)
    cluster, mu = torch.randint(4, (200,)), torch.eye(2, 30, dtype=torch.float64)
    X = torch.stack([mu[0], -mu[0], mu[1], -mu[1]])[cluster] + 1e-3 * torch.randn(200, 30, dtype=torch.float64)
    y = torch.where(cluster < 2, 1.0, -1.0).double()
    a = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat_interleave(32) / 8
    run = train(X, y, 1e-4 * torch.randn(64, 30, dtype=torch.float64), a, 1 / 40, 11, cluster=cluster, mu=mu)
    print(rfa.verify(run).sentence)
