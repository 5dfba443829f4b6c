// What the operator is told when it is started.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"

namespace dunlin::manager {

// An address is "host:port" or ":port"; "0" turns that service off.
struct OperatorOptions {
  std::string metrics_address = ":8080";
  std::string health_address = ":8081";
  std::string webhook_address = ":9443";
  std::string api_address = ":5000";

  // "host:port" of the ready API, as waiters call it.
  std::string api_hostname;
  std::string waiter_image;
  std::optional<std::chrono::milliseconds> waiter_timeout;
  std::optional<std::int64_t> waiter_user;
  std::string waiter_pull_policy = "IfNotPresent";
  // For spec.database; empty: there is none, and such Migrators are refused.
  std::string admin_image;
  // Its pods run as this user. Not set: as the cluster says. The number is no image's of ours: files belong to it.
  std::optional<std::int64_t> copy_user = 65532;

  bool leader_election = false;
  // Empty: our own.
  std::string leader_election_namespace;
  // Of this process.
  std::string own_namespace;
  std::string own_name;
  // The only one that is looked after. Empty: all.
  std::string watched_namespace;

  // Where tls.crt and tls.key are mounted; used when `certificate_secret` is empty.
  std::string certificate_folder = "/tmp/k8s-webhook-server/serving-certs";
  // A Secret of our own namespace in which we keep certificates that we make ourselves.
  std::string certificate_secret;
  // Names of MutatingWebhookConfigurations that are told whom to believe; with "validating/" in front, of
  // ValidatingWebhookConfigurations.
  std::vector<std::string> webhook_configurations;
  std::string webhook_service = "migrations-operator-webhook-service";

  std::string kubeconfig;
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
};

}  // namespace dunlin::manager
