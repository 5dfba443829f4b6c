#include "cli/key_variables.h"

#include <cstring>

#include <unistd.h>

namespace dunlin::cli {

KeyVariables take_key_variables() {
  KeyVariables keys;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals == std::string_view::npos || (name != kKeyVariable && name != kPreviousKeysVariable)) continue;
    char* const value = *entry + equals + 1;
    std::string_view secret(value);
    // A Secret made of a file has the end of its last line.
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.remove_suffix(1);
    keys.insert_or_assign(std::string(name), SecretBytes(secret));
    std::memset(value, '*', std::strlen(value));
  }
  return keys;
}

}  // namespace dunlin::cli
