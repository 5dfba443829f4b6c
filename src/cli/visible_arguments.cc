#include "cli/visible_arguments.h"

#include <cstring>
#include <string_view>

#include "base/redact.h"

namespace dunlin::cli {

bool hide_passwords_in_arguments(int argc, char** argv) noexcept {
  bool found = false;
  for (int i = 1; i < argc; ++i) {
    for (const std::string_view flag : {"--url", "--direct-url"}) {
      char* value = nullptr;
      const std::string_view word(argv[i]);
      if (word == flag && i + 1 < argc) value = argv[i + 1];
      if (word.starts_with(flag) && word.size() > flag.size() && word[flag.size()] == '=')
        value = argv[i] + flag.size() + 1;
      if (value == nullptr || redact(value) == value) continue;
      found = true;
      std::memset(value, '*', std::strlen(value));
    }
  }
  return found;
}

}  // namespace dunlin::cli
