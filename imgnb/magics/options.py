"""The help of the magics: how they are written, and a line for each option of `request/options.py`."""

from __future__ import annotations

from ..request.options import OPTIONS


def help_text(magic: str) -> str:
    """The help of a magic: how it is written, then a line for each option."""
    rows = []
    for option in OPTIONS:
        names = ", ".join(dict.fromkeys(filter(None, (option.short, option.long))))
        rows.append(f"  {names:<26} {option.help}")
    usage = f"%%{magic} [options]\nprompt, with {{{{ name }}}} filled from the notebook's variables\n"
    if magic == "imagegen":
        usage += "%imagegen budget [off|5.00 per day] shows or sets what may be spent per session, day or notebook\n"
        usage += "%imagegen mode [auto|live|replay] shows or sets the mode of this kernel\n"
        usage += "%imagegen lock on [PATH]|off|status keeps the notebook's lock up to date while cells run\n"
        usage += "%imagegen studio [options] opens a form to draw with\n"
        usage += "%imagegen appendix lists every picture of this notebook, with prompt, parameters, cost and hash\n"
    if magic == "imageedit":
        usage = f"%%{magic} @name|path ... [options]\nwhat to change, with {{{{ name }}}} filled from the notebook's variables\n"
    if magic == "imagechat":
        usage = (
            f"%%{magic} [@name|path ...] [--continue last] [options]\nwhat to say to the main model, with {{{{ name }}}} "
            "filled from the notebook's variables; it draws, answers in words, or both\n"
        )
    return usage + "\n" + "\n".join(rows)
