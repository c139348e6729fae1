"""The same theorem by a sharpened proof with explicit constants: S1 to S10 under the conditions R1 to R4."""

from importlib.resources import files

from checks.assumptions import (
    assumption_table,
    large_dimension,
    low_noise,
    many_neurons,
    many_samples,
    moderate_step,
    small_start,
    tight_clusters,
)
from checks.explicit.conditions import always_falling, positive_margin, strong_first_step, strong_later_steps
from checks.explicit.deviations import small_deviations
from checks.explicit.guarantee import guarantee
from checks.explicit.halves import gain_is_kept, laggards_miss_much, right_half, wrong_half
from checks.explicit.ledger import explicit_C, margin_ledger, notes
from checks.explicit.margin import certified_margin, labels_at_stopping
from checks.explicit.outputs import near_one_half, small_outputs
from checks.explicit.right_sign import first_rise, lasting_rise
from checks.explicit.wrong_sign import fall, jump_is_short, low_end, pull_of_a_cluster
from checks.gaps import GAPS, READINGS
from rfa import Paper

PAPER = Paper(
    name="explicit",
    title="Random feature amplification with explicit constants",
    results=(
        large_dimension,
        tight_clusters,
        many_samples,
        low_noise,
        many_neurons,
        small_start,
        moderate_step,
        always_falling,
        strong_first_step,
        strong_later_steps,
        positive_margin,
        small_outputs,
        near_one_half,
        small_deviations,
        pull_of_a_cluster,
        fall,
        jump_is_short,
        low_end,
        first_rise,
        lasting_rise,
        gain_is_kept,
        laggards_miss_much,
        right_half,
        wrong_half,
        certified_margin,
        labels_at_stopping,
    ),
    settings=files(__name__) / "settings",
    gaps={id: GAPS[id] for id in ("G15",)},
    readings={id: READINGS[id] for id in ("R1", "R2", "R11")},
    default_setting="explicit",
    example="explicit-64",
    notes=notes,
    assumptions=assumption_table,
    ledgers=(margin_ledger,),
    constants=explicit_C,
    certify=guarantee,
)
