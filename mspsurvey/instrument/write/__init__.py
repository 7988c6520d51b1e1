"""An instrument in the forms of others: platforms, archives, and people who read paper.

Each writer is a pure function from an instrument to files by name; ``write_form`` puts them
into a folder.
"""

from mspsurvey.instrument.write.form import FORMS, form_files, write_form

__all__ = ["FORMS", "form_files", "write_form"]
