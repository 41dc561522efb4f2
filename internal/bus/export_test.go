package bus

// Describe is the AsyncAPI document before it becomes YAML.
var Describe = describe
