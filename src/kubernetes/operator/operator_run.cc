#include "kubernetes/operator/operator_run.h"

#include <memory>
#include <thread>

#include <fmt/format.h>

#include "base/exit_code.h"
#include "dunlin/error.h"
#include "dunlin/version.h"
#include "kubernetes/client/event_recorder.h"
#include "kubernetes/client/leader_election.h"
#include "kubernetes/operator/controller.h"
#include "kubernetes/operator/errands.h"
#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/migration_metrics.h"
#include "kubernetes/operator/probes.h"
#include "kubernetes/operator/process_figures.h"
#include "kubernetes/operator/ready_service.h"
#include "kubernetes/operator/webhook_certificate.h"
#include "kubernetes/operator/webhook_service.h"
#include "net/http_server.h"

namespace dunlin::manager {
namespace {

using kubernetes::ObjectKey;

// migrations-operator's.
constexpr const char* kLease = "8aa440e1.coderanger.net";
constexpr const char* kEventSource = "migrator-controller";
// An endpoint that is about to end is asked for a moment still: a webhook that is down lets pods through.
constexpr std::chrono::seconds kServeOn{3};
constexpr std::chrono::milliseconds kLookAgain{20};
constexpr std::size_t kErrandThreads = 4;
constexpr std::size_t kMostErrands = 2'000;
// Two thousand waiters may come at once.
constexpr net::HttpLimits kReadyLimits{.connections = 4'000, .body_bytes = std::size_t{64} * 1024};

class Operator {
 public:
  Operator(const OperatorOptions& options, Interrupt& interrupt)
      : options_(options),
        interrupt_(interrupt),
        log_({.to_stderr = true, .format = options.log_format, .level = options.log_level, .file = {}}, secrets_,
             Clock::real()),
        cluster_(kubernetes::find_cluster_config(options.kubeconfig)),
        watching_(cluster_, client_options(&interrupt)),
        working_(cluster_, client_options(&ending_)),
        leading_(cluster_, client_options(&lost_)),
        events_(leading_, kEventSource, [this](const std::string& text) { problem("event", text); }),
        reconciler_(
            leading_, informers_, database_images(),
            [this](const Migrator& migrator, const Run& run) { migrations_.ran(migrator, run); },
            [this](const Migrator& migrator, const Event& event) { tell(migrator, event); }),
        controller_(reconciler_, metrics_,
                    [this](const ObjectKey& key, const std::string& text) {
                      problem("reconcile", fmt::format("{}/{}: {}", key.name_space, key.name, text));
                    }),
        informers_(
            watching_, options.watched_namespace, interrupt, [this](const ObjectKey& key) { wake(key); },
            [this](const std::string& text) { problem("watch", text); }),
        certificate_(watching_, certificate_options(), tokens_, interrupt,
                     [this](const std::string& text) { problem("certificate", text); }),
        ready_([this](const std::string& space,
                      const std::string& name) { return informers_.migrators().find({space, name}); },
               tokens_, working_, errands_),
        webhooks_([this](const std::string& space) { return informers_.migrators().all_in(space); }, webhook_options(),
                  working_, errands_, webhook_hooks()),
        probes_({{"ping", [] { return std::string(); }}},
                {{"caches", [this] { return informers_.unread(); }},
                 {"certificate", [this] { return certificate_.unready(); }},
                 {"shutdown", [this] { return interrupt_.requested() ? "it is about to end" : ""; }}}),
        errands_(loop_, kErrandThreads, kMostErrands) {}

  int run() {
    log_.write(LogLevel::info, "starting", fmt::format("dunlin-operator {} ({})", version(), commit()),
               {{"version", std::string(version())}});
    listen();
    informers_.start();
    std::thread certificate([this] { certificate_.run(); });
    std::thread control([this] { this->control(); });
    loop_.run(interrupt_, [this] { end_serving(); });
    // Nobody is left who would hear of it.
    if (lost_.requested()) ending_.request(0);
    control.join();
    certificate.join();
    if (lost_.requested()) {
      throw Failure(ErrorKind::timeout, how_lost_,
                    "it is started again, and waits for its turn; if this happens often, the API server is slow or "
                    "out of reach");
    }
    log_.write(LogLevel::info, "ended", "ended");
    return static_cast<int>(ExitCode::done);
  }

 private:
  // ---- what it is made of ----

  kubernetes::ApiClientOptions client_options(const Interrupt* interrupt) {
    return {.user_agent = fmt::format("dunlin-operator/{}", version()),
            .interrupt = interrupt,
            .on_answer = [this](std::string_view method, unsigned code) { metrics_.api_answered(method, code); },
            .on_warning = [this](std::string_view text) { log_.write(LogLevel::debug, "api_warning", text); }};
  }

  WebhookCertificateOptions certificate_options() const {
    if (options_.certificate_secret.empty()) return {.plan = {}, .folder = options_.certificate_folder};
    CertificatePlan plan{.name_space = options_.own_namespace, .secret = options_.certificate_secret};
    for (const std::string& name : options_.webhook_configurations)
      plan.configurations.push_back(WebhookConfiguration::parse(name));
    const std::string service = fmt::format("{}.{}", options_.webhook_service, options_.own_namespace);
    plan.names = {service + ".svc", service + ".svc.cluster.local", service};
    return {.plan = std::move(plan), .folder = {}};
  }

  DatabaseImages database_images() const {
    return {.admin = options_.admin_image,
            .helper = options_.waiter_image,
            .pull_policy = options_.waiter_pull_policy,
            .user = options_.copy_user};
  }

  WebhookOptions webhook_options() {
    WaiterOptions waiter{.image = options_.waiter_image,
                         .host = options_.api_hostname,
                         .pull_policy = options_.waiter_pull_policy,
                         .run_as_user = options_.waiter_user};
    if (options_.waiter_timeout) waiter.arguments = {fmt::format("--timeout={}ms", options_.waiter_timeout->count())};
    waiter.token = [this](const Migrator& migrator, const std::string& identity) {
      return tokens_.token(migrator.namespace_name, migrator.name, identity);
    };
    return {.waiter = std::move(waiter), .local_access_reviews = !options_.watched_namespace.empty()};
  }

  WebhookHooks webhook_hooks() {
    return {.on_answer = [this](std::string_view webhook, unsigned code,
                                std::chrono::nanoseconds took) { metrics_.webhook_answered(webhook, code, took); },
            .on_flight = [this](std::string_view webhook, int change) { metrics_.webhook_in_flight(webhook, change); }};
  }

  // ---- what it serves ----

  void listen() {
    listen_at(options_.health_address, "probes",
              [this](const auto& request, const auto& respond) { probes_.handle(request, respond); });
    listen_at(options_.metrics_address, "metrics",
              [this](const auto& request, const auto& respond) { respond(metrics(request)); });
    listen_at(
        options_.api_address, "ready API",
        [this](const auto& request, const auto& respond) { ready_.handle(request, respond); }, kReadyLimits);
    listen_at(
        options_.webhook_address, "webhooks",
        [this](const auto& request, const auto& respond) { webhooks_.handle(request, respond); },
        {.body_bytes = kMostReviewBytes}, &certificate_.tls());
  }

  void listen_at(const std::string& address, std::string_view what, net::HttpHandler handler,
                 const net::HttpLimits& limits = {}, const net::TlsServer* tls = nullptr) {
    if (address == "0" || address.empty()) return;
    servers_.push_back(
        std::make_unique<net::HttpServer>(loop_, net::parse_address(address), std::move(handler), limits, tls));
    log_.write(LogLevel::info, "listening", fmt::format("{} on {}", what, net::to_string(servers_.back()->address())));
  }

  net::HttpResponse metrics(const net::HttpRequest& request) const {
    if (request.path != "/metrics")
      return {.status = 404, .content_type = "text/plain; charset=utf-8", .body = "404 page not found\n"};
    Exposition exposition;
    write_build_info(exposition);
    migrations_.write(exposition, informers_.migrators(), informers_.pods());
    write_refusals(exposition, informers_);
    metrics_.write(exposition, controller_.figures(), Controller::kWorkers, kLease, cluster_.server);
    write_process_figures(exposition);
    return {.content_type = std::string(kExpositionType), .body = exposition.text()};
  }

  // On the loop's thread.
  void end_serving() {
    controller_.shut();
    loop_.after(kServeOn, [this] {
      left_ = servers_.size();
      if (left_ == 0) return loop_.stop();
      for (const auto& server : servers_) {
        server->stop([this] {
          if (--left_ == 0) loop_.stop();
        });
      }
    });
  }

  // ---- what it does when it leads ----

  void control() {
    while (!informers_.synced()) {
      if (interrupt_.wait_for(kLookAgain)) return;
    }
    log_.write(LogLevel::info, "synced", "all objects have been read");
    if (!options_.leader_election) return control_as_leader();
    const std::string& space =
        options_.leader_election_namespace.empty() ? options_.own_namespace : options_.leader_election_namespace;
    const std::string identity = fmt::format("{}_{}", options_.own_name, random_key().substr(0, 16));
    kubernetes::LeaderElection election(working_, {.name_space = space, .name = kLease, .identity = identity},
                                        interrupt_,
                                        [this](const std::string& text) { problem("leader_election", text); });
    if (!election.acquire()) return;
    std::thread leading([this] { control_as_leader(); });
    if (!election.keep()) {
      // Another may lead already: what this one is about to write, or waits for, ends here.
      const std::string& holder = election.holder();
      const bool taken = !holder.empty() && holder != identity;
      how_lost_ = fmt::format("the lease {}/{} is lost: {}", space, kLease,
                              taken ? fmt::format("\"{}\" holds it", holder) : "it could not be renewed in time");
      log_.write(LogLevel::error, "lease_lost", how_lost_);
      lost_.request(0);
      interrupt_.request(0);
    }
    controller_.shut();
    leading.join();
    metrics_.leads(false);
    if (!lost_.requested()) election.release();
  }

  void control_as_leader() {
    metrics_.leads(true);
    log_.write(LogLevel::info, "leading", "this replica looks after the migrators");
    controller_.run();
  }

  void wake(const ObjectKey& migrator) {
    if (!informers_.migrators().find(migrator)) migrations_.forget(migrator);
    controller_.wake(migrator);
  }

  void tell(const Migrator& migrator, const Event& event) {
    events_.record({.about = {.api_version = std::string(kApiVersion),
                              .kind = std::string(kKind),
                              .namespace_name = migrator.namespace_name,
                              .name = migrator.name,
                              .uid = migrator.uid},
                    .warning = event.warning,
                    .reason = event.reason,
                    .message = event.message});
    log_.write(event.warning ? LogLevel::warning : LogLevel::info, event.reason, event.message,
               {{"namespace", migrator.namespace_name}, {"migrator", migrator.name}});
  }

  void problem(std::string_view event, const std::string& text) { log_.write(LogLevel::warning, event, text); }

  const OperatorOptions& options_;
  Interrupt& interrupt_;
  const SecretSet secrets_;
  Log log_;
  const kubernetes::ClusterConfig cluster_;
  ControllerMetrics metrics_;
  MigrationMetrics migrations_;
  // Without the lease: nothing is brought to its end, and then the process ends.
  Interrupt lost_;
  Interrupt ending_;
  std::string how_lost_;
  // Reading ends with the interrupt; what is being done is brought to its end. What only the leader does ends at once
  // when it leads no more.
  kubernetes::ApiClient watching_;
  kubernetes::ApiClient working_;
  kubernetes::ApiClient leading_;
  kubernetes::EventRecorder events_;
  ReadyTokens tokens_;
  Reconciler reconciler_;
  Controller controller_;
  // Its threads wake the controller.
  Informers informers_;
  net::EventLoop loop_;
  WebhookCertificate certificate_;
  ReadyService ready_;
  WebhookService webhooks_;
  const Probes probes_;
  std::vector<std::unique_ptr<net::HttpServer>> servers_;
  // Last, so that its threads end first.
  Errands errands_;
  std::size_t left_ = 0;
};

}  // namespace

int run_operator(const OperatorOptions& options, Interrupt& interrupt) {
  return Operator(options, interrupt).run();
}

}  // namespace dunlin::manager
