"""The activities that ``Toy`` calls."""

from workflows.toy.messages import End, Start

from workflows import options
from workflows.contract import Activity

GREET = Activity("toy.greet", Start, End, options.STORE)
