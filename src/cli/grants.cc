#include "cli/grants.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/suggest.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

[[noreturn]] void refuse(const SourcePosition& where, std::string message, std::string hint) {
  Error error{.kind = ErrorKind::config, .message = std::move(message), .hint = std::move(hint)};
  error.where = where;
  throw Failure(std::move(error));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

RoleGrant read_grant(std::string_view text, const SourcePosition& where, const std::string& setting) {
  const auto equals = std::min(text.rfind('='), text.size());
  const std::string role(trimmed(text.substr(0, equals)));
  const std::string_view access = equals < text.size() ? trimmed(text.substr(equals + 1)) : std::string_view();
  if (role.empty() || access.empty()) {
    refuse(where, fmt::format("{}: \"{}\" is not a role and its access", setting, trimmed(text)),
           "write it as app=readwrite, or in dunlin.toml under [grants] as  app = \"readwrite\"");
  }
  if (role == "public") {
    refuse(where, fmt::format("{}: PUBLIC is everybody, and not for [grants]", setting),
           "name the application's own user; what everybody is to have is granted in a migration");
  }
  for (const RoleAccess known : {RoleAccess::read, RoleAccess::read_write}) {
    if (access == to_string(known)) return {.role = role, .access = known, .where = where};
  }
  std::string hint = did_you_mean(access, {"readwrite", "read"});
  if (hint.empty()) hint = "use readwrite or read";
  refuse(where, fmt::format("{}: \"{}\" cannot be granted to \"{}\"", setting, access, role), std::move(hint));
}

}  // namespace

std::vector<RoleGrant> read_grants(const Setting& setting) {
  std::vector<RoleGrant> grants;
  std::string_view rest = setting.value;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    SourcePosition where{.file = setting.source.file, .line = setting.source.line};
    if (grants.size() < setting.source.lines.size()) where.line = setting.source.lines[grants.size()];
    RoleGrant grant = read_grant(rest.substr(0, comma), where, setting.source.name);
    if (std::ranges::find(grants, grant.role, &RoleGrant::role) != grants.end()) {
      refuse(where, fmt::format("{}: \"{}\" is named twice", setting.source.name, grant.role), {});
    }
    grants.push_back(std::move(grant));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return grants;
}

}  // namespace dunlin::cli
