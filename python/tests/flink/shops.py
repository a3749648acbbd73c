"""The shop, and a later version of it."""

from __future__ import annotations

from scenarios.programs import apps

SHOP = apps()[0]
TEXT = SHOP.app.read_text()

WITH_DISCOUNT = TEXT.replace(
    '    """Something to buy."""\n',
    '''    """Something to buy."""

    discount: int = 0

    def cut(self, by: int) -> int:
        """Lower the price for some."""
        self.discount += by
        return self.discount
''',
)
