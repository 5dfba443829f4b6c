#include "kubernetes/operator/probes.h"

#include <string_view>

#include <fmt/format.h>

namespace dunlin::manager {
namespace {

net::HttpResponse plain(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

net::HttpResponse checked(const std::string& probe, const std::vector<ProbeCheck>& checks) {
  std::string lines;
  bool all_well = true;
  for (const ProbeCheck& check : checks) {
    const std::string problem = check.problem();
    all_well = all_well && problem.empty();
    lines += problem.empty() ? fmt::format("[+]{} ok\n", check.name)
                             : fmt::format("[-]{} failed: {}\n", check.name, problem);
  }
  return all_well ? plain(200, "ok") : plain(500, fmt::format("{}{} check failed\n", lines, probe));
}

net::HttpResponse answered(std::string_view path, const std::string& probe, const std::vector<ProbeCheck>& checks) {
  path.remove_prefix(1 + probe.size());
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return checked(probe, checks);
  for (const ProbeCheck& check : checks) {
    if (check.name == path) return checked(probe, {check});
  }
  return plain(404, "404 page not found\n");
}

bool asks_for(std::string_view path, std::string_view probe) {
  return path.starts_with(probe) && (path.size() == probe.size() || path[probe.size()] == '/');
}

}  // namespace

void Probes::handle(const net::HttpRequest& request, const net::Respond& respond) const {
  if (asks_for(request.path, "/healthz")) return respond(answered(request.path, "healthz", health_));
  if (asks_for(request.path, "/readyz")) return respond(answered(request.path, "readyz", readiness_));
  respond(plain(404, "404 page not found\n"));
}

}  // namespace dunlin::manager
