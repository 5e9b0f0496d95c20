"""The activities that ``Toy`` calls."""

from workflows import options
from workflows.contract import Activity
from workflows.toy.messages import End, Start

GREET = Activity("toy.greet", Start, End, options.STORE)
