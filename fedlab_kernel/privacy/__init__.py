"""What a release costs. How it is noised is in `mechanisms`, which only the hospital's exit imports."""

from .accounting import Budget as Budget
from .accounting import Price as Price
from .accounting import price as price
from .accounting import price_of_rounds as price_of_rounds
from .calibration import calibrate as calibrate
from .calibration import calibrate_run as calibrate_run
from .events import DiscreteGaussian as DiscreteGaussian
from .events import DiscreteLaplace as DiscreteLaplace
from .events import Event as Event
from .events import SampledGaussian as SampledGaussian
from .half_width import LinearNoise as LinearNoise
from .within import epsilon_for as epsilon_for
