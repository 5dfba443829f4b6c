# nomad job run migrate.nomad.hcl, and for each further run
# nomad job dispatch everruns-admin    or, for another command:    nomad job dispatch -meta command=migrate-info everruns-admin
job "everruns-admin" {
  type        = "batch"
  datacenters = ["dc1"]

  parameterized {
    payload       = "forbidden"
    meta_optional = ["command"]
  }

  meta {
    command = "migrate"
  }

  group "dunlin" {
    # One attempt: dunlin itself waits, reconnects and tries again where that can help.
    restart {
      attempts = 0
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    task "dunlin" {
      driver       = "docker"
      kill_timeout = "30s"

      config {
        image           = "everruns-admin:1.4"
        args            = ["${NOMAD_META_command}", "--wait", "60s"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }

      # From Vault into a file in memory.
      template {
        data        = "{{ with secret \"secret/data/everruns\" }}{{ .Data.data.migration_url }}{{ end }}"
        destination = "secrets/migration_url"
        uid         = 10001
        perms       = "0400"
      }

      env {
        MIGRATION_DATABASE_URL_FILE = "/secrets/migration_url"
      }

      resources {
        cpu    = 100
        memory = 64
      }
    }
  }
}
