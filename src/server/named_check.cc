#include "server/named_check.h"

#include <algorithm>
#include <future>
#include <string_view>

#include <fmt/format.h>

#include "base/redact.h"
#include "dunlin/error.h"
#include "net/http_client.h"
#include "net/tcp_probe.h"

namespace dunlin::server {
namespace {

constexpr std::string_view kTcp = "tcp://";

std::string_view without_slash(std::string_view text) {
  return text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
}

void verify(const NamedCheck& check) {
  try {
    if (check.url.starts_with(kTcp)) {
      net::parse_address(without_slash(std::string_view(check.url).substr(kTcp.size())));
    } else {
      net::parse_http_url(check.url);
    }
  } catch (const Failure&) {
    throw Failure(ErrorKind::config, fmt::format("the check \"{}\": \"{}\" is no URL", check.name, redact(check.url)),
                  "write tcp://HOST:PORT, http://HOST:PORT/PATH or https://...");
  }
}

void probe(const NamedCheck& check, std::chrono::milliseconds timeout, const Interrupt* interrupt) {
  if (check.url.starts_with(kTcp)) {
    const auto address = net::parse_address(without_slash(std::string_view(check.url).substr(kTcp.size())));
    return net::probe_tcp(address, timeout, interrupt);
  }
  const auto answer = net::http_call({.url = check.url, .timeout = timeout, .interrupt = interrupt});
  if (answer.status >= 400) throw Failure(ErrorKind::connect, fmt::format("it answers {}", answer.status));
}

}  // namespace

std::vector<NamedCheck> parse_checks(const std::vector<std::string>& settings) {
  std::vector<NamedCheck> checks;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Failure(ErrorKind::config, fmt::format("\"{}\" is no check", redact(setting)),
                    "write NAME=URL: redis=tcp://redis:6379");
    }
    NamedCheck check{.name = setting.substr(0, equals), .url = setting.substr(equals + 1)};
    if (check.name == "database" || check.name == "schema" || check.name == "replication") {
      throw Failure(ErrorKind::config,
                    fmt::format("a check cannot be called \"{}\": dunlin has one of that name", check.name));
    }
    if (std::ranges::find(checks, check.name, &NamedCheck::name) != checks.end()) {
      throw Failure(ErrorKind::config, fmt::format("there are two checks called \"{}\"", check.name));
    }
    verify(check);
    checks.push_back(std::move(check));
  }
  return checks;
}

CheckAnswer run_check(const NamedCheck& check, std::chrono::milliseconds timeout, const Interrupt* interrupt) noexcept {
  const auto began = std::chrono::steady_clock::now();
  CheckAnswer answer;
  try {
    probe(check, timeout, interrupt);
  } catch (const std::exception& problem) {
    answer.problem = problem.what();
  }
  answer.latency = std::chrono::steady_clock::now() - began;
  return answer;
}

std::vector<CheckAnswer> run_checks(const std::vector<NamedCheck>& checks, std::chrono::milliseconds timeout,
                                    const Interrupt* interrupt) {
  std::vector<std::future<CheckAnswer>> under_way;
  under_way.reserve(checks.size());
  // Where no thread is to be had, a check is made when its answer is wanted.
  constexpr auto kAtOnce = std::launch::async | std::launch::deferred;
  for (const NamedCheck& check : checks) {
    under_way.push_back(std::async(kAtOnce, run_check, std::cref(check), timeout, interrupt));
  }
  std::vector<CheckAnswer> answers;
  answers.reserve(checks.size());
  for (auto& each : under_way) answers.push_back(each.get());
  return answers;
}

}  // namespace dunlin::server
