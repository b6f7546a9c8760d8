"""The providers' wire protocols over the embedded engine: what `imgnb serve-local` and the route `local` speak.

    serve.py      an httpx transport in this process, and a real HTTP server
    api.py        which request goes to which endpoint; what any of them may answer first
    dialects.py   in what each provider differs from the others, as data
    images.py  responses.py  files.py  chat.py  envelope.py      the endpoints
    faults.py     how it can be told to misbehave

An endpoint reads a request (forms.py, given.py, asked.py), has it drawn (drawing.py), and writes its answer while it is
read (ink.py, response_body.py, response_events.py). What it remembers between requests is in memory.py.
"""
