"""What imgnb costs, measured: `make bench`, or `python -m tests.benchmarks [NAME ...] [--quick] [--json]`.

How to read it. One table per benchmark. Each line has the median of its samples, their spread (smallest to largest) and
number, and, where the project has set itself a bound, the bound and whether the median met it. Nothing fails: a
benchmark is read, not passed.

What is compared is measured side by side, in one run, taking turns, and a ratio is the median of the ratios of
neighbours; so what else the machine does falls on both. Milliseconds differ from machine to machine by more than they
say, ratios and megabytes hardly. Where the spread straddles the bound, run it again on a quiet machine before you
believe either.

CPU is user and system time of the client process with all its threads. Memory is the resident set; "above rest" is its
peak over what the same process held before, warmed by one small generation. All is on loopback: a server in a process
of its own sends answers that were recorded before, so that what it costs does not matter. Every sample whose line says
"fresh" is a process of its own. Pictures and the big library are made once, in `build/benchmarks`.

    streaming   a 4K picture with two partials, against the `openai` SDK
    conversing  the same by the Responses API, which sends the finished picture twice
    starting    `import imgnb`, `%load_ext imgnb`, and from the first cell to the request leaving
    replaying   a cell whose answer is in a library of 100,000 generations
    repeating   fifty 4K pictures in one process: does memory grow?
    embedding   what stays in the notebook
    uploading   an edit of sixteen 40 MB pictures, against the `openai` SDK
    preparing   references that must be converted, against Pillow alone
    tracing     ancestors a thousand edits deep
    storing     a finished picture until nothing can lose it, beside a synced file and a commit
    growing     search, pages, counts and opening at 10,000, 100,000 and 1,000,000 generations
    browsing    the pages of `imgnb browse` at the same sizes, over HTTP
    verifying   `imgnb verify` beside `sha256sum`
    widgets     previews and widgets in Chromium against JupyterLab: until they are seen, scrolled, painted, saved

The library of a million takes a quarter of an hour to make, once, and 2.3 GB; `--quick` does without it.
"""
