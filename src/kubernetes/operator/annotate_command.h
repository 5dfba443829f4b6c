// The command that a person types to tell the operator something about a Migrator.
#pragma once

#include <string>
#include <string_view>

#include "kubernetes/operator/migrator.h"

namespace dunlin::manager {

// `kubectl annotate ... KEY=VALUE`, whole, for a shell.
std::string annotate_command(const Migrator&, std::string_view key, std::string_view value);
// Those whose value is another one each time they are typed, so that they are heard each time: the one that tries again
// what has failed, and the one that lets this identity start in spite of a contract command.
std::string retry_command(const Migrator&);
std::string allow_rollback_command(const Migrator&, std::string_view identity);

}  // namespace dunlin::manager
