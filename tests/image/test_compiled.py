"""The image as a checkout alone makes it: the program is compiled in Debian's image, with what scripts/setup installs there."""

from support import images


def test_the_line_of_the_documents_builds_it(docker, database, everruns_files, tmp_path):
    docker.directory = images.REPOSITORY
    docker("build", "--target", "admin", "-f", "docker/Dockerfile.unified", "-t", "everruns-admin", "--build-arg",
           "COMMIT=0123456789ab", ".", timeout=7200).ok()
    version = (images.REPOSITORY / "VERSION").read_text().strip()
    assert docker("run", "--rm", "everruns-admin", "--version").ok().stdout == f"dunlin {version} (0123456789ab)\n"
    docker.directory = tmp_path
    docker("run", "--rm", "-e", f"DATABASE_URL={database.url}", "-v", "./migrations:/app/migrations:ro", "everruns-admin",
           "migrate").ok()
    assert len(database.sqlx_history()) == 3
