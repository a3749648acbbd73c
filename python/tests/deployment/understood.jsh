import java.lang.reflect.Modifier;
import java.util.*;
import org.apache.flink.configuration.*;
import org.apache.flink.runtime.state.*;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.statefun.flink.common.json.StateFunObjectMapper;
import org.apache.flink.statefun.flink.core.StatefulFunctionsConfig;
import org.apache.flink.statefun.flink.core.httpfn.*;
import org.apache.flink.statefun.flink.core.nettyclient.NettyRequestReplySpec;
import org.apache.flink.statefun.flink.core.spi.Modules;
import org.apache.flink.statefun.sdk.kafka.*;
import org.apache.flink.streaming.api.environment.ExecutionCheckpointingOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

// The settings that there are, each read as its type.
Map<String, Object> settings(Configuration config) throws Exception {
    var found = new TreeMap<String, Object>();
    for (var group : List.of(BlobServerOptions.class, CheckpointingOptions.class, ClusterOptions.class, CoreOptions.class,
            ExecutionCheckpointingOptions.class, ExecutionOptions.class, HeartbeatManagerOptions.class,
            HighAvailabilityOptions.class, JobManagerOptions.class, RestartStrategyOptions.class, StateBackendOptions.class,
            StatefulFunctionsConfig.class, TaskManagerOptions.class)) {
        for (var field : group.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.get(null) instanceof ConfigOption<?> option && config.containsKey(option.key())) {
                found.put(option.key(), String.valueOf(config.get(option)));
            }
        }
    }
    return found;
}

Map<String, Object> module(Configuration config) throws Exception {
    var universe = Modules.loadFromClassPath(StatefulFunctionsConfig.fromFlinkConfiguration(config)).createStatefulFunctionsUniverse();
    var ingress = (KafkaIngressSpec<?>) universe.ingress().values().iterator().next();
    var egress = (KafkaEgressSpec<?>) universe.egress().values().iterator().next();
    var provider = universe.namespaceFunctions().values().iterator().next();
    var field = HttpFunctionProvider.class.getDeclaredField("endpointSpec");
    field.setAccessible(true);
    var endpoint = (HttpFunctionEndpointSpec) field.get(provider);
    var transport = StateFunObjectMapper.create().treeToValue(endpoint.transportClientProperties(), NettyRequestReplySpec.class);
    var unknown = new TreeSet<Object>(ingress.properties().keySet());
    unknown.removeAll(ConsumerConfig.configNames());
    var unsent = new TreeSet<Object>(egress.properties().keySet());
    unsent.removeAll(ProducerConfig.configNames());
    unknown.addAll(unsent);
    var found = new TreeMap<String, Object>();
    found.put("ingresses", List.of(universe.ingress().size(), universe.egress().size(), universe.namespaceFunctions().size()));
    found.put("topics", new TreeSet<>(ingress.topics()));
    found.put("consumer", ingress.properties());
    found.put("from earliest", ingress.startupPosition().isEarliest());
    found.put("producer", egress.properties());
    found.put("kafka", egress.kafkaAddress());
    found.put("unknown to Kafka", unknown);
    found.put("timeout of transactions", egress.semantic().isExactlyOnceSemantic() ? egress.semantic().asExactlyOnceSemantic().transactionTimeout().toString() : "none");
    found.put("loses nothing", egress.semantic().isExactlyOnceSemantic() || egress.semantic().isAtLeastOnceSemantic());
    found.put("namespaces", universe.namespaceFunctions().keySet().toString());
    found.put("functions", endpoint.urlPathTemplate().apply(new org.apache.flink.statefun.sdk.FunctionType("a", "b")).toString());
    found.put("transport", endpoint.transportClientFactoryType().toString());
    found.put("call", transport.callTimeout.toString());
    found.put("connect", transport.connectTimeout.toString());
    found.put("largest answer", transport.maxRequestOrResponseSizeInBytes);
    return found;
}

for (var folder : System.getProperty("configurations").split(":")) {
    var config = GlobalConfiguration.loadConfiguration(folder);
    System.out.println(new ObjectMapper().writeValueAsString(Map.of("settings", settings(config), "module", module(config))));
}
/exit
