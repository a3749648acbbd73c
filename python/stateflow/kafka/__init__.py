"""Apache Kafka, as the engines that move messages use it: topics, records, and clients of them."""
