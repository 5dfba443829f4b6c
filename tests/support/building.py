"""How other people's projects are built against an installed dunlin."""

import subprocess


def run(*command, **options):
    """What a command printed, once it has succeeded."""
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            **options)
    assert result.returncode == 0, result.stdout
    return result.stdout


def build(source, prefix):
    """The folder in which a CMake project that uses the installed library was built."""
    folder = source.parent / "build"
    run("cmake", "-G", "Ninja", "-S", source, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Debug")
    run("cmake", "--build", folder)
    return folder
