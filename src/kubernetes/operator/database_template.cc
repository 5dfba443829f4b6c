#include "kubernetes/operator/database_template.h"

#include <fmt/format.h>

#include "kubernetes/operator/own_container.h"

namespace dunlin::manager {
namespace {

using kubernetes::Json;

// In the operator's image.
constexpr const char* kHelper = "/dunlin-operator";
// In init containers, whatever image they have: one without a shell, too.
constexpr const char* kToolFolder = "/dunlin/bin";
constexpr const char* kTool = "/dunlin/bin/dunlin-operator";
constexpr const char* kFilesFolder = "/dunlin/migrations";
// Where the admin image looks for migrations.
constexpr const char* kMigrationsFolder = "/app/migrations";
// What most databases get along with; spec.resources says something else.
constexpr const char* kResources = R"({"requests": {"cpu": "50m", "memory": "32Mi"},
                                       "limits": {"cpu": "1", "memory": "256Mi"}})";
constexpr const char* kTerminationLog = "/dev/termination-log";

constexpr const char* kToolVolume = "dunlin-tool";
constexpr const char* kFilesVolume = "dunlin-migrations";

Json mount(const std::string& volume, const std::string& path, bool read_only) {
  Json mounted{{"name", volume}, {"mountPath", path}};
  if (read_only) mounted["readOnly"] = true;
  return mounted;
}

Json empty_dir(const char* name) {
  return {{"name", name}, {"emptyDir", Json::object()}};
}

Json copying(const char* name, const std::string& image, Json command, Json mounts) {
  return {{"name", name},
          {"image", image},
          {"command", std::move(command)},
          {"volumeMounts", std::move(mounts)},
          {"resources", little("64M")},
          {"securityContext", hardened()},
          {"terminationMessagePolicy", "FallbackToLogsOnError"}};
}

Json helping(const char* name, const DatabaseImages& images, Json command, Json mounts) {
  Json container = copying(name, images.helper, std::move(command), std::move(mounts));
  container["imagePullPolicy"] = images.pull_policy;
  return container;
}

// Ours brings its executable, and the user's image runs it: nothing of its own has to be in it but the files.
void take_from_image(const DatabaseSource& source, const DatabaseImages& images, Json& spec) {
  spec["volumes"] = {empty_dir(kToolVolume), empty_dir(kFilesVolume)};
  spec["initContainers"] = {
      helping("install", images, {kHelper, "install", kTool}, Json::array({mount(kToolVolume, kToolFolder, false)})),
      copying("copy", source.image, {kTool, "copy", source.path, kFilesFolder},
              {mount(kToolVolume, kToolFolder, true), mount(kFilesVolume, kFilesFolder, false)})};
}

void take_from_config_maps(const DatabaseSource& source, const DatabaseImages& images, const std::string& identity,
                           Json& spec) {
  Json command{kHelper, "collect", "--identity", identity.substr(0, identity.find('@'))};
  Json mounts = Json::array({mount(kFilesVolume, kFilesFolder, false)});
  spec["volumes"] = Json::array({empty_dir(kFilesVolume)});
  for (std::size_t k = 0; k < source.config_maps.size(); ++k) {
    const std::string name = fmt::format("config-map-{}", k);
    const std::string folder = fmt::format("/dunlin/config-maps/{}", k);
    // One that is gone would hold the pod back for ever: so the helper finds other files, and says so.
    spec["volumes"].push_back({{"name", name}, {"configMap", {{"name", source.config_maps[k]}, {"optional", true}}}});
    mounts.push_back(mount(name, folder, true));
    command.push_back(folder);
  }
  command.push_back(kFilesFolder);
  spec["initContainers"] = Json::array({helping("collect", images, std::move(command), std::move(mounts))});
}

Json migrating(const DatabaseSource& source, const DatabaseImages& images) {
  const Json url{{"secretKeyRef", {{"name", source.secret}, {"key", source.key}}}};
  return {{"name", "dunlin"},
          {"image", images.admin},
          {"args", {"migrate"}},
          {"env",
           {{{"name", "MIGRATION_DATABASE_URL"}, {"valueFrom", url}},
            // Read into the Migrator's status when the container has ended.
            {{"name", "DUNLIN_SUMMARY_FILE"}, {"value", kTerminationLog}}}},
          {"volumeMounts", Json::array({mount(kFilesVolume, kMigrationsFolder, true)})},
          {"resources", Json::parse(kResources)},
          {"securityContext", hardened()}};
}

}  // namespace

Json database_template(const Migrator& migrator, const DatabaseImages& images, const std::string& identity) {
  const DatabaseSource& source = *migrator.spec.database;
  Json spec{{"containers", Json::array({migrating(source, images)})},
            {"enableServiceLinks", false},
            {"automountServiceAccountToken", !migrator.spec.service_account_name.empty()}};
  spec["securityContext"]["runAsNonRoot"] = true;
  if (images.user) {
    spec["securityContext"]["runAsUser"] = *images.user;
    spec["securityContext"]["runAsGroup"] = *images.user;
  }
  if (source.config_maps.empty()) {
    take_from_image(source, images, spec);
  } else {
    take_from_config_maps(source, images, identity, spec);
  }
  return {{"metadata", Json::object()}, {"spec", std::move(spec)}};
}

}  // namespace dunlin::manager
