"""The paper: Frei, Chatterji, Bartlett, Random Feature Amplification (JMLR 2023). The only list of its results."""

from importlib.resources import files

from checks.weight_growth import weight_growth
from rfa import Paper

PAPER = Paper(
    name="printed",
    title="Random Feature Amplification: Feature Learning and Generalization in Neural Networks",
    results=(weight_growth,),
    settings=files(__name__) / "settings",
    default_setting="proof-scale",
)
