#include "kubernetes/program/manager_flags.h"

#include <charconv>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "base/duration.h"
#include "dunlin/error.h"

namespace dunlin::program {

using manager::OperatorOptions;

namespace {

constexpr const char* kNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

std::function<void(const std::string&)> into(std::string& target) {
  return [&target](const std::string& value) { target = value; };
}

std::function<void(const std::string&)> into(bool& target) {
  return [&target](const std::string& value) {
    if (value != "true" && value != "false")
      throw Failure(ErrorKind::usage, fmt::format("\"{}\" is neither true nor false", value));
    target = value == "true";
  };
}

std::int64_t user_id(const std::string& value) {
  std::int64_t id = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), id);
  if (problem != std::errc{} || end != value.data() + value.size() || id < 1)
    throw Failure(ErrorKind::usage, fmt::format("\"{}\" is no user's number; root may not be", value));
  return id;
}

template <typename Choice>
std::function<void(const std::string&)> choose(Choice& target,
                                               std::vector<std::pair<std::string_view, Choice>> choices) {
  return [&target, choices = std::move(choices)](const std::string& value) {
    std::string words;
    for (const auto& [word, choice] : choices) {
      if (value == word) {
        target = choice;
        return;
      }
      words += fmt::format("{}{}", words.empty() ? "" : ", ", word);
    }
    throw Failure(ErrorKind::usage, fmt::format("\"{}\" is not one of {}", value, words));
  };
}

void add_words(const std::string& value, std::vector<std::string>& to) {
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    if (end > begin) to.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "dunlin-operator";
}

std::string first_line(const char* file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

void require(const std::string& value, std::string_view flag, std::string_view variable, std::string_view meaning) {
  if (!value.empty()) return;
  throw Failure(ErrorKind::usage, fmt::format("{} is not set: {}", variable, meaning),
                fmt::format("set {} in the operator's Deployment, or give --{}", variable, flag));
}

}  // namespace

std::vector<GoFlag> manager_flags(OperatorOptions& o) {
  return {
      {"metrics-addr", "", "HOST:PORT", "where metrics are served; 0 turns them off", into(o.metrics_address)},
      {"health-addr", "", "HOST:PORT", "where /healthz and /readyz are served", into(o.health_address)},
      {"webhook-addr", "", "HOST:PORT", "where the webhooks are served, over TLS", into(o.webhook_address)},
      {"api-addr", "API_LISTEN", "HOST:PORT", "where the ready API is served", into(o.api_address)},
      {"api-hostname", "API_HOSTNAME", "HOST:PORT", "where waiters find the ready API", into(o.api_hostname)},
      {"waiter-image", "WAITER_IMAGE", "IMAGE", "the waiters' image: this program's own", into(o.waiter_image)},
      {"waiter-timeout", "", "DURATION", "how long a waiter waits; without it, as long as its pod lives",
       [&o](const std::string& value) { o.waiter_timeout = parse_duration(value); }},
      {"waiter-user", "", "UID", "the user that waiters run as; without it, the pod's or the image's",
       [&o](const std::string& value) { o.waiter_user = user_id(value); }},
      {"waiter-pull-policy", "", "POLICY", "the waiters' imagePullPolicy",
       choose<std::string>(o.waiter_pull_policy,
                           {{"Always", "Always"}, {"IfNotPresent", "IfNotPresent"}, {"Never", "Never"}})},
      {"admin-image", "ADMIN_IMAGE", "IMAGE", "the image with dunlin that migrates for spec.database",
       into(o.admin_image)},
      {"copy-user", "", "UID", "the user that pods of spec.database run as, or none: the cluster says (OpenShift)",
       [&o](const std::string& value) {
         o.copy_user = value == "none" ? std::nullopt : std::optional(user_id(value));
       }},
      {"enable-leader-election", "", "", "for several replicas: one of them creates Jobs", into(o.leader_election)},
      {"leader-election-namespace", "", "NAMESPACE", "where its Lease is; without it, the operator's own",
       into(o.leader_election_namespace)},
      {"namespace", "WATCH_NAMESPACE", "NAMESPACE", "the only one that is looked after; without it, all",
       into(o.watched_namespace)},
      {"cert-dir", "", "DIR", "where the webhook's tls.crt and tls.key are mounted", into(o.certificate_folder)},
      {"certificate-secret", "", "NAME", "make certificates, and keep them in this Secret", into(o.certificate_secret)},
      {"webhook-configuration", "", "NAMES",
       "which configurations are to believe them, with validating/ in front or not",
       [&o](const std::string& value) { add_words(value, o.webhook_configurations); }},
      {"webhook-service", "", "NAME", "the Service that they are for", into(o.webhook_service)},
      {"kubeconfig", "", "FILE", "how to reach the API server from outside the cluster", into(o.kubeconfig)},
      {"log-level", "", "LEVEL", "error, warning, info or debug",
       choose<LogLevel>(o.log_level, {{"error", LogLevel::error},
                                      {"warning", LogLevel::warning},
                                      {"info", LogLevel::info},
                                      {"debug", LogLevel::debug}})},
      {"log-format", "", "FORMAT", "text or json",
       choose<LogFormat>(o.log_format, {{"text", LogFormat::text}, {"json", LogFormat::json}})},
  };
}

OperatorOptions read_manager_options(std::span<const std::string> words, const FindVariable& variable) {
  OperatorOptions options;
  read_go_flags(words, manager_flags(options), variable);
  options.own_namespace = variable("POD_NAMESPACE");
  if (options.own_namespace.empty()) options.own_namespace = first_line(kNamespaceFile);
  if (options.own_namespace.empty()) options.own_namespace = "default";
  options.own_name = variable("POD_NAME");
  if (options.own_name.empty()) options.own_name = host_name();
  require(options.api_hostname, "api-hostname", "API_HOSTNAME", "waiters would not know whom to ask");
  require(options.waiter_image, "waiter-image", "WAITER_IMAGE", "pods could not be made to wait");
  return options;
}

}  // namespace dunlin::program
