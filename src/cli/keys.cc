#include "cli/keys.h"

#include <algorithm>

#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

constexpr std::string_view kPrimary = "SECRETS_ENCRYPTION_KEY";
constexpr std::string_view kPrevious = "SECRETS_ENCRYPTION_KEY_PREVIOUS";

// Each key, without its name.
void mask_keys(std::string_view text, SecretSet& secrets) {
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view entry = text.substr(0, comma);
    secrets.add(entry.substr(std::min(entry.rfind(':') + 1, entry.size())));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}

std::optional<Found> find(const Invocation& invocation, std::string_view name) {
  auto found = invocation.environment.find_secret(name, SourceKind::environment);
  if (!found) found = invocation.environment.find_secret(name, SourceKind::env_file);
  if (found) mask_keys(found->value, invocation.console.secrets());
  return found;
}

}  // namespace

Keyring keyring(const Invocation& invocation) {
  const auto primary = find(invocation, kPrimary);
  if (!primary) {
    throw Failure(ErrorKind::config,
                  fmt::format("no key is given: {} is not set, and {}_FILE neither", kPrimary, kPrimary),
                  fmt::format("dunlin keygen kek-v1 --out kek-v1.key, then {}_FILE=kek-v1.key", kPrimary));
  }
  const auto previous = find(invocation, kPrevious);
  return Keyring(primary->value, previous ? previous->value : "", to_string(primary->source));
}

}  // namespace dunlin::cli
