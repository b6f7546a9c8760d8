"""Tables as pictures: the rows and columns there is room for, and a line that says how many more there are.

pandas writes them; those of others (Polars, PyArrow) are asked to become pandas' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import RequestInvalid
from .kinds import has, is_a, named
from .table import MOST_COLUMNS, MOST_ROWS, table_picture

if TYPE_CHECKING:
    from PIL.Image import Image


def is_frame(value: object) -> bool:
    """Whether the value is pandas' DataFrame, Series or Styler, or a table that can become one of them."""
    return is_a(value, "pandas", "DataFrame", "Series", "Styler") or _is_foreign(value)


def _is_foreign(value: object) -> bool:
    return has(value, "to_pandas") and (has(value, "__arrow_c_stream__") or has(value, "__dataframe__"))


def frame_picture(value: Any) -> tuple[Image, str]:
    """Return the table as a picture, and what it was: "DataFrame 20x4", "Series 7", "polars DataFrame 20x4".

    Raises RequestInvalid where pandas cannot write it, as with a Styler whose function fails.
    """
    if is_a(value, "pandas", "DataFrame", "Series", "Styler"):
        return _pandas_picture(value)
    try:
        frame = value.to_pandas()
    except Exception as exc:  # pandas or PyArrow is not there, or a type has no like: any error may come
        raise RequestInvalid(
            f"the {named(value)} cannot be drawn: to_pandas() says {str(exc)[:300]}",
            hint="pip install pandas pyarrow, or give it as a pandas DataFrame",
            param="image",
        ) from exc
    image, word = _pandas_picture(frame)
    return image, f"{named(value)} {word.rpartition(' ')[2]}"


def _pandas_picture(value: Any) -> tuple[Image, str]:
    name = next(name for name in ("DataFrame", "Series", "Styler") if is_a(value, "pandas", name))
    shape = (value.data if name == "Styler" else value).shape
    try:
        html = _styled(value) if name == "Styler" else _plain(value, name)
    except Exception as exc:  # a Styler's functions are the user's and run only now: any error may come
        reason = f"{type(exc).__name__}: {str(exc)[:300]}"
        raise RequestInvalid(
            f"the {name} {_times(shape)} cannot be drawn: {reason}",
            hint=f"see whether {'styler' if name == 'Styler' else 'frame'}.to_html() works",
            param="image",
        ) from exc
    return table_picture(html, _note(*shape)), f"{name} {_times(shape)}"


def _plain(value: Any, name: str) -> str:
    # Cut first: what is not drawn need not be written.
    if name == "Series":
        cut = value.iloc[:MOST_ROWS]
        return str(cut.to_frame("" if cut.name is None else cut.name).to_html())
    return str(value.iloc[:MOST_ROWS, :MOST_COLUMNS].to_html(max_rows=MOST_ROWS, max_cols=MOST_COLUMNS))


def _styled(value: Any) -> str:
    return str(value.to_html(max_rows=MOST_ROWS, max_columns=MOST_COLUMNS))


def _note(rows: int, columns: int = 1) -> str:
    """What the picture lacks: "… 940 more rows and 5 more columns"; "" where it has all."""
    if not rows or not columns:
        return "no rows" if columns else "no columns" if rows else "no rows, no columns"
    missing = ((rows - MOST_ROWS, "row"), (columns - MOST_COLUMNS, "column"))
    more = [f"{count} more {unit}{'' if count == 1 else 's'}" for count, unit in missing if count > 0]
    return f"… {' and '.join(more)}" if more else ""


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
