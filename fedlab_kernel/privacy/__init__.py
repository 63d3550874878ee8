"""What a release costs. How it is noised is in `mechanisms`, which only the hospital's exit imports."""

from .accounting import Budget as Budget
from .accounting import Price as Price
from .accounting import price as price
from .calibration import calibrate as calibrate
from .events import DiscreteGaussian as DiscreteGaussian
from .events import DiscreteLaplace as DiscreteLaplace
from .events import Event as Event
from .half_width import LinearNoise as LinearNoise
from .within import epsilon_for as epsilon_for
