#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/duration.h"
#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "net/address.h"
#include "net/http_client.h"

namespace dunlin::cli {
namespace {

// What container engines take for unhealthy; 2 is reserved there.
constexpr int kUnhealthy = 1;

class Healthcheck final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("url", url_, "what to ask: a URL, or a path of the dunlin serve beside it")
        ->type_name("URL")
        ->default_str("/health");
    app.add_option("--timeout", timeout_, "give up after this long")->type_name("DURATION")->default_str("5s");
  }

  int run(Invocation& invocation) override {
    const std::string url = url_.starts_with('/') ? own_url(invocation.settings.text("listen"), url_) : url_;
    const auto timeout = parse_duration(timeout_);
    invocation.console.secrets().add_from_url(url);
    net::parse_http_url(url);
    std::string problem;
    try {
      const auto answer = net::http_call({.url = url, .timeout = timeout, .interrupt = &invocation.interrupt});
      if (answer.status < 400) {
        invocation.say(fmt::format("healthy: {} answers {}\n", url, answer.status));
        return static_cast<int>(ExitCode::done);
      }
      problem = fmt::format("{} answers {}: {}", url, answer.status, answer.body.substr(0, answer.body.find('\n')));
    } catch (const Failure& failure) {
      if (failure.error().kind == ErrorKind::interrupted) throw;
      problem = failure.error().message;
    }
    invocation.console.err(fmt::format("unhealthy: {}\n", problem));
    return kUnhealthy;
  }

 private:
  // A service that listens on every address is asked on the nearest.
  static std::string own_url(const std::string& listen, const std::string& path) {
    net::Address address = net::parse_address(listen);
    if (address.host == "0.0.0.0") address.host = "127.0.0.1";
    if (address.host == "::") address.host = "::1";
    return fmt::format("http://{}{}", net::to_string(address), path);
  }

  std::string url_ = "/health";
  std::string timeout_ = "5s";
};

}  // namespace

std::unique_ptr<Command> make_healthcheck() {
  return std::make_unique<Healthcheck>();
}

}  // namespace dunlin::cli
