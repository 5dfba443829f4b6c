// What the pods of a Job copy before dunlin runs in them: the migrations of an image, and the program that can do it
// there.
#pragma once

#include <cstddef>
#include <string>

namespace dunlin::program {

// `dunlin-operator copy`: the files of the directory `from` and of those below it, into the directory `to`, which is
// made if it is missing. Gives the number of files. Symbolic links are followed, and what they lead to is copied.
//
// Throws Failure: config for a directory that is not there, holds no files or holds what is neither file nor
// directory, and for links in a circle; io for what cannot be read or written.
std::size_t copy_directory(const std::string& from, const std::string& to);

// `dunlin-operator install`: this program as `file`, which anybody may execute. It is there whole or not at all, and
// its directory is made if only that is missing. Throws Failure (io).
void install_program(const std::string& file);

}  // namespace dunlin::program
