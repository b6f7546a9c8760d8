"""Prompts as people write them: sentences of common words, a style, and now and then a name that hardly anybody uses.

Words are distributed as in life: "the" is in nearly every prompt, a subject in one of fifty, a name in one of a
thousand and less.
"""

from __future__ import annotations

import random

SUBJECTS = """red fox;lighthouse;ceramic mug;wind turbine;mountain hut;glass bottle;old bicycle;fruit stall;sailing boat;robot
gardener;night train;paper crane;library shelf;desert camel;snowy owl;copper kettle;greenhouse;street musician;astronaut;coffee
roaster;wooden toy;electric car;heart valve;coral reef;honey bee;violin maker;medieval map;circuit board;tea ceremony;lemon tree;
city skyline;grizzly bear;ballet dancer;volcano;chess board;rocket;ginger cat;farm house;data centre;tidal wave;polar station;
brass telescope;market hall;jazz trio;rice terrace;stone bridge;spider web;crystal cave;hot air balloon;subway entrance"""
PLACES = """snow;rain;fog;desert;harbour;forest;kitchen;museum;laboratory;garden;old town;mountains;studio;stadium;attic;cathedral;
library;meadow;canyon;bay;suburb;workshop;valley;orchard;alley;observatory;monastery;prairie;delta;archipelago"""
STYLES = """watercolour;isometric diagram;botanical engraving;product photograph;flat vector illustration;oil painting;blueprint;
charcoal sketch;risograph print;35mm film still;children's book illustration;linocut;pixel art;art deco poster;macro photograph;
technical cutaway;stained glass;paper collage;ink drawing;claymation"""
LIGHTS = (
    "soft morning light;golden hour;neon signs;candle light;overcast sky;hard studio flash;moonlight;backlight;aurora"
)
PALETTES = "teal and orange;pastel colours;black and white;earth tones;muted blues;warm copper;a limited palette of three colours"
PURPOSES = """for the cover of an annual report;as a hero image for a landing page;for a slide about the energy transition;with
plenty of empty space on the left for a headline;as an icon on a plain background;for a poster in a waiting room;as the background of a
chart;for a recipe card;in the format of a postcard;as a mascot for a small company"""
DETAILS = """shallow depth of field;no text;clean edges;the subject is centred;fine grain;visible brush strokes;slightly tilted horizon;
long shadows on the ground;a single figure in the distance;reflections in the water;the texture of the paper is visible;everything else is out of
focus;drawn from above;in the manner of a field guide;with small handwritten labels"""
SYLLABLES = "al ber ca dor el fin gar hol is jun kar lin mor nel or pet quin ros sel tar ul ven wes yar zan".split()  # noqa: SIM905


def prompt_of(chance: random.Random) -> str:
    """A prompt of 12 to 60 words."""
    parts = [
        f"a {_one(chance, SUBJECTS)} in the {_one(chance, PLACES)}",
        _one(chance, STYLES),
        _one(chance, LIGHTS),
        *([_one(chance, PALETTES)] if chance.random() < 0.6 else []),
        *([_one(chance, PURPOSES)] if chance.random() < 0.5 else []),
        *chance.sample(_DETAILS, chance.randint(0, 4)),
        *([f"the {_one(chance, SUBJECTS)} of {name_of(chance)}"] if chance.random() < 0.3 else []),
    ]
    return ", ".join(parts)


def name_of(chance: random.Random) -> str:
    """A name of two or three syllables: one of 16,000, the short ones being common."""
    return "".join(chance.choices(SYLLABLES, k=chance.choice((2, 2, 2, 3)))).title()


def _list(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(";")]


_LISTS = {text: _list(text) for text in (SUBJECTS, PLACES, STYLES, LIGHTS, PALETTES, PURPOSES)}
_DETAILS = _list(DETAILS)


def _one(chance: random.Random, text: str) -> str:
    # The first of each list are the most common, as words are.
    choices = _LISTS[text]
    return choices[min(int(chance.expovariate(1.0) * len(choices) / 3), len(choices) - 1)]
