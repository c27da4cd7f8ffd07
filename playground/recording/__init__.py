"""A session as a test: what people did here, and what the bot answered, written down as a pytest file.

stable.py      what of a message is the same in every run
steps.py       what happened, step by step
source.py      Python as a person would write it
arguments.py   where and what is expected, as arguments of calls
writer.py      steps as lines of a test, in terms of the plugin
pytest_file.py the test and the uploaded files
routes.py      the control: begin, end, look, fetch
"""
