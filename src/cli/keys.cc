#include "cli/keys.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/key_command.h"
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

// The first line is the current key, the others are previous ones.
Keyring from_command(const Invocation& invocation, const std::string& command) {
  SecretBytes keys = run_key_command(command);
  std::string_view text = keys.view();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const auto end = std::min(text.find('\n'), text.size());
  for (char* c = keys.data() + std::min(end + 1, keys.size()); c < keys.data() + text.size(); ++c) {
    if (*c == '\n') *c = ',';
  }
  std::string_view first = text.substr(0, end);
  if (first.ends_with('\r')) first.remove_suffix(1);
  const std::string_view others = text.substr(std::min(end + 1, text.size()));
  mask_keys(first, invocation.console.secrets());
  mask_keys(others, invocation.console.secrets());
  return Keyring(first, others, "the first line of the key command");
}

}  // namespace

Keyring keyring(const Invocation& invocation) {
  if (const std::string& command = invocation.settings.text("key_command"); !command.empty()) {
    return from_command(invocation, command);
  }
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
