// The arguments of the process, which other users can see.
#pragma once

namespace dunlin::cli {

// Overwrites the values of --url and --direct-url where they hold a password, so that `ps` does not show it any longer.
// True when there was one.
bool hide_passwords_in_arguments(int argc, char** argv) noexcept;

}  // namespace dunlin::cli
