// The keys that the process was given in variables, out of reach of everybody else from its start on.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "dunlin/secrets.h"

namespace dunlin::cli {

inline constexpr std::string_view kKeyVariable = "SECRETS_ENCRYPTION_KEY";
inline constexpr std::string_view kPreviousKeysVariable = "SECRETS_ENCRYPTION_KEY_PREVIOUS";

using KeyVariables = std::map<std::string, SecretBytes, std::less<>>;

// Moves the two variables into locked memory and overwrites them where they were: neither /proc/PID/environ nor a child
// process has them any longer. What is left in the environment says that they were set, and whether to anything.
KeyVariables take_key_variables();

}  // namespace dunlin::cli
