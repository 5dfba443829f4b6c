#include "kubernetes/operator/job_name.h"

#include "kubernetes/client/names.h"
#include "kubernetes/operator/keys.h"

namespace dunlin::manager {
namespace {

std::string with_suffix(std::string_view migrator, std::string_view suffix) {
  const std::size_t room = kubernetes::kLabelBytes - suffix.size();
  std::string name = migrator.size() <= room ? std::string(migrator) : kubernetes::dns_label(migrator, room);
  return name.append(suffix);
}

}  // namespace

std::string job_name(std::string_view migrator) {
  return with_suffix(migrator, "-migrations");
}

std::string contract_job_name(std::string_view migrator) {
  return with_suffix(migrator, "-contract");
}

std::string waiter_name(std::string_view migrator) {
  return kubernetes::dns_label(std::string(kWaiterPrefix).append(migrator));
}

}  // namespace dunlin::manager
