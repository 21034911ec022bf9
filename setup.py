"""What pyproject.toml cannot say: the wheel holds the scripts too, as they stand at the root and in studies/.

They become the modules of liap.scripts and liap.studies, so that their constants have one place in the project and one in an installation.
"""

from setuptools import find_packages, setup

setup(
    script_name="setup.py",  # the one module of the root that is no script
    packages=[*find_packages(include=["liap", "liap.*"]), "liap.scripts", "liap.studies"],
    package_dir={"liap.scripts": ".", "liap.studies": "studies"},
)
