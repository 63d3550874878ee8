"""What a release costs and how it is noised. OpenDP is imported when noise is drawn or preloaded."""

from .accounting import Budget as Budget
from .accounting import Price as Price
from .accounting import price as price
from .calibration import calibrate as calibrate
from .events import DiscreteGaussian as DiscreteGaussian
from .events import DiscreteLaplace as DiscreteLaplace
from .events import Event as Event
from .half_width import LinearNoise as LinearNoise
from .mechanisms import add_noise as add_noise
from .mechanisms import preload as preload
from .within import epsilon_for as epsilon_for
