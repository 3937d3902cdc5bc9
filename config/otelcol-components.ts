import type { Section } from "./catalogue.ts";

/** Component types of otelcol-contrib that people's configurations name, so that a refusal can say "that exists, but not here". Names from its documentation. */
const WORDS: Readonly<Record<Section, string>> = {
  receivers: `active_directory_ds aerospike apache apachespark awscloudwatch awscontainerinsightreceiver awsecscontainermetrics awsfirehose awss3 awsxray
    azureblob azureeventhub azuremonitor bigip carbon chrony cloudflare cloudfoundry collectd couchdb datadog docker_stats elasticsearch envoyals expvar faro
    file filelog filestats flinkmetrics fluentforward git github gitlab googlecloudmonitoring googlecloudpubsub googlecloudspanner haproxy hostmetrics http_check
    httpcheck icmpcheck iis influxdb jaeger jmx journald k8s_cluster k8s_events k8sobjects kafka kafkametrics kubeletstats libhoney loki memcached mongodb
    mongodbatlas mysql namedpipe netflow nginx nop nsxt ntp oracledb osquery otelarrow otlpjsonfile podman_stats postgresql prometheus prometheus_simple
    prometheusremotewrite pulsar purefa purefb rabbitmq receiver_creator redis riak saphana signalfx simpleprometheus skywalking snmp snowflake solace splunk_hec
    splunkenterprise sqlquery sqlserver sshcheck statsd stef syslog systemd tcpcheck tcplog tlscheck udplog vcenter vcr wavefront webhookevent windowseventlog
    windowsperfcounters windowsservice zipkin zookeeper`,
  processors: `attributes batch coralogix cumulativetodelta datadog deltatocumulative deltatorate dns_lookup filter geoip groupbyattrs groupbytrace
    interval isolationforest k8sattributes logdedup logstransform log_dedup memory_limiter metricsgeneration metricstarttime metricstransform probabilistic_sampler
    redaction remotetap resource resourcedetection resourcedetection/env routing schema span spanmetrics sumologic tail_sampling transform unroll`,
  exporters: `alertmanager alibabacloud_logservice awscloudwatchlogs awsemf awskinesis awss3 awsxray azureblob azuredataexplorer azuremonitor bmchelix cassandra
    carbon clickhouse coralogix datadog dataset doris elasticsearch faro file googlecloud googlecloudpubsub googlecloudstorage googlemanagedprometheus
    honeycombmarker influxdb kafka kinetica loadbalancing logging logicmonitor logzio loki mezmo nop opencensus opensearch otelarrow prometheus prometheusremotewrite
    pulsar rabbitmq sapm sematext sentry signalfx splunk_hec stef sumologic syslog tencentcloud_logservice tinybird zipkin`,
  connectors: `count datadog exceptions failover forward grafanacloud metricsaslogs otlpjson roundrobin routing servicegraph signaltometrics slowsql spanmetrics sum`,
  extensions: `ack asapauth avro_log_encoding awsproxy azureauth azure_encoding basicauth bearertokenauth cgroupruntime datadog db_storage docker_observer
    ecs_observer ecs_task_observer file_storage googleclientauth headers_setter health_check healthcheckv2 host_observer http_forwarder jaeger_encoding
    jaegerremotesampling json_log_encoding k8s_leader_elector k8s_observer kafkatopics_observer memory_ballast oauth2client oidc opamp opampcustommessages
    otlp_encoding pprof redis_storage remotetap sigv4auth skywalking_encoding solarwindsapmsettings sumologic text_encoding zipkin_encoding zpages`,
};

export function isOtelcolComponent(section: Section, type: string): boolean {
  return WORDS[section].split(/\s+/).includes(type);
}
