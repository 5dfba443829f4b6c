// The keys that encrypted values are under, as the environment has them.
#pragma once

#include "cli/invocation.h"
#include "dunlin/secrets.h"

namespace dunlin::cli {

// What --key-command prints, else SECRETS_ENCRYPTION_KEY and any number of older ones in
// SECRETS_ENCRYPTION_KEY_PREVIOUS; each also as a file that NAME_FILE names. Throws Failure (config).
Keyring keyring(const Invocation&);

}  // namespace dunlin::cli
