#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/info_document.h"
#include "cli/opening.h"
#include "net/http_server.h"
#include "server/service.h"
#include "server/token.h"

namespace dunlin::cli {
namespace {

// After a stop was requested: how long the database and the services are waited for on behalf of those who have asked,
// and how long those may take to send their requests and to take their answers.
constexpr std::chrono::milliseconds kLooksEnd{1'000};
constexpr std::chrono::milliseconds kGrace{3'000};
// The server's own limit of a statement comes first: its error tells more than its silence.
constexpr std::chrono::milliseconds kSilence{1'000};

class Serve final : public Command {
 public:
  void define(CLI::App&) override {}

  int run(Invocation& invocation) override {
    const Settings& settings = invocation.settings;
    const net::Address address = net::parse_address(settings.text("listen"));
    server::ServiceOptions options = service_options(invocation);
    options.open = net::is_loopback(address);
    Project project = open_unconnected(invocation, DatabaseUse::read);
    // What takes longer has been given up already, and would keep the next look waiting.
    const auto patience = options.freshness.patience;
    project.session.statement_timeout = patience;
    project.session.answer_timeout = patience + kSilence;
    project.session.connect_timeout = std::min(project.session.connect_timeout, patience);
    Interrupt looks_end;
    project.session.interrupt = &looks_end;
    options.migrations_document = [&](const Snapshot& snapshot) {
      return info_document(invocation, project, snapshot);
    };

    net::EventLoop loop;
    server::Service service(loop, project, invocation.clock, looks_end, std::move(options));
    net::HttpServer server(loop, address, [&](const net::HttpRequest& request, const net::Respond& respond) {
      service.handle(request, respond);
    });
    note(invocation, "listening", fmt::format("listening on http://{}", net::to_string(server.address())));
    loop.run(invocation.interrupt, [&] {
      server.stop([&] { loop.stop(); });
      loop.after(kLooksEnd, [&] { looks_end.request(0); });
      loop.after(kGrace, [&] { loop.stop(); });
    });
    looks_end.request(0);
    note(invocation, "stopped", "stopped");
    return static_cast<int>(ExitCode::done);
  }

 private:
  static server::ServiceOptions service_options(const Invocation& invocation) {
    const Settings& settings = invocation.settings;
    server::ServiceOptions options;
    options.checks = server::parse_checks(settings.list("checks"));
    for (const auto& check : options.checks) invocation.console.secrets().add_from_url(check.url);
    options.ready_strict = settings.on("ready_strict");
    options.token_file = settings.text("token_file");
    if (!options.token_file.empty() && server::read_token(options.token_file).empty()) {
      throw Failure(ErrorKind::config, fmt::format("there is no token in {}", options.token_file),
                    "put one there, on the first line, readable by the user that dunlin runs as");
    }
    options.metrics_file = settings.text("metrics_file");
    options.mask = [&invocation](std::string_view text) { return invocation.console.secrets().mask(text); };
    options.changed = [&invocation](server::Health health, const std::string& why) {
      if (health == server::Health::ok) return note(invocation, "health", "all is well again");
      invocation.warn({.severity = Severity::warning,
                       .code = "health",
                       .message = fmt::format("{}: {}", server::to_string(health), why)});
    };
    options.warn = [&invocation](const std::string& what) {
      invocation.warn({.severity = Severity::warning, .code = "metrics-file", .message = what});
    };
    return options;
  }

  static void note(const Invocation& invocation, const char* event, std::string message) {
    invocation.warn({.severity = Severity::note, .code = event, .message = std::move(message)});
  }
};

}  // namespace

std::unique_ptr<Command> make_serve() {
  return std::make_unique<Serve>();
}

}  // namespace dunlin::cli
