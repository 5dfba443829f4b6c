// Files and directories that are copied into a volume, for a container that runs as another user: everybody may read
// them.
//
// All throw Failure (io), which names the path, the user and what to do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dunlin::program {

// Of a directory's entries, sorted.
std::vector<std::string> names_in(const std::string& directory);

std::string read_whole(const std::string& file);

// Write over a file of that name: a container that was killed is run again.
void write_whole(const std::string& file, std::string_view content);
void copy_whole(const std::string& from, const std::string& to);

// Below a directory that exists. One that is there stays as it is.
void make_directory(const std::string& directory);

// Writes a copy that may be executed, and puts it in the place of `to` when it is whole.
void copy_executable(const std::string& from, const std::string& to);

[[noreturn]] void fail_to_read(const std::string& path, int error_number);
[[noreturn]] void fail_to_write(const std::string& path, int error_number);

}  // namespace dunlin::program
