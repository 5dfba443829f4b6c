// `dunlin-operator collect`: the migrations of a Job, out of the ConfigMaps that are mounted into its pod.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace dunlin::program {

// Writes the files of all `mounts`, each of which is a ConfigMap's, into the directory `to`, which is made if it is
// missing, and gives their number. Of those of the same name the last mount's counts. Entries that begin with ".." are
// the kubelet's own.
//
// The files are those that `identity` is the files_identity() of, or nothing is written: a ConfigMap can be changed
// between the making of a Job and of its pod. Throws Failure: validation where they are others; config for ConfigMaps
// without a file, and for a mount that is no ConfigMap's; io for what cannot be read or written.
std::size_t collect_files(const std::string& identity, std::span<const std::string> mounts, const std::string& to);

}  // namespace dunlin::program
