"""`python -m tests.attacks` writes the table of attempts into the page; the tests here hold each line of it."""

from tests.attacks.page import PAGE, render
from tests.parts.pages import write_between

if __name__ == "__main__":
    write_between(PAGE, "attacks", render())
