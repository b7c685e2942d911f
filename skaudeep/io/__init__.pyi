from ._persistence import load as load
from ._persistence import save as save
