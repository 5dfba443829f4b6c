#include "cli/keys.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/descriptor.h"
#include "cli/key_command.h"
#include "cli/secret_stream.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

SecretBytes read_key_file(const Found& path) {
  const auto refuse = [&](std::string_view what, std::string hint) {
    throw Failure(ErrorKind::config, fmt::format("{} names {}, which {}", to_string(path.source), path.value, what),
                  std::move(hint));
  };
  const Descriptor file(::open(path.value.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0)
    refuse(errno == ENOENT ? "does not exist" : fmt::format("cannot be read: {}", std::strerror(errno)),
           "mount the secret there");
  struct stat about = {};
  if (::fstat(file.number(), &about) == 0 && S_ISDIR(about.st_mode)) refuse("is a directory", "mount the secret there");
  SecretBytes keys = read_secret(file.number(), path.value);
  std::size_t size = keys.size();
  while (size > 0 && (keys.data()[size - 1] == '\n' || keys.data()[size - 1] == '\r')) --size;
  keys.shrink(size);
  if (size == 0) refuse("is empty", {});
  return keys;
}

struct KeyText {
  SecretBytes text;
  SettingSource source;
};

std::optional<KeyText> find(const Invocation& invocation, std::string_view name) {
  for (const SourceKind where : {SourceKind::environment, SourceKind::env_file}) {
    std::optional<Found> found = invocation.environment.find_secret_place(name, where);
    if (!found) continue;
    if (found->source.name != name) return KeyText{read_key_file(*found), found->source};
    const auto taken = invocation.keys.find(name);
    const bool of_process = where == SourceKind::environment && taken != invocation.keys.end();
    return KeyText{SecretBytes(of_process ? taken->second.view() : std::string_view(found->value)), found->source};
  }
  return std::nullopt;
}

// The first line is the current key, the others are previous ones.
Keyring from_command(const std::string& command) {
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
  return Keyring(first, others, "the first line of the key command");
}

}  // namespace

Keyring keyring(const Invocation& invocation) {
  if (const std::string& command = invocation.settings.text("key_command"); !command.empty()) {
    return from_command(command);
  }
  const auto primary = find(invocation, kKeyVariable);
  if (!primary) {
    throw Failure(ErrorKind::config,
                  fmt::format("no key is given: {} is not set, and {}_FILE neither", kKeyVariable, kKeyVariable),
                  fmt::format("dunlin keygen kek-v1 --out kek-v1.key, then {}_FILE=kek-v1.key", kKeyVariable));
  }
  const auto previous = find(invocation, kPreviousKeysVariable);
  return Keyring(primary->text.view(), previous ? previous->text.view() : "", to_string(primary->source));
}

}  // namespace dunlin::cli
