using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Mill.Core.Language.Grammar;
using Mill.Core.Specs;

namespace Mill.Core.Language;

/// <summary>
/// What a <c>.mill</c> file says, as JSON, described for programs that write it (JSON Schema 2020-12). The shape is that of the specs themselves, and what each thing means is what the rules of the
/// language say.
/// </summary>
public static class MillSchema
{
    private const string DurationPattern = "^([0-9]+(ms|s|m|h|d))+$";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whose rules a spec follows.</summary>
    private static readonly Dictionary<Type, BlockRule[]> Rules = new()
    {
        [typeof(DeploySpec)] = [MillGrammar.File],
        [typeof(ServiceSpec)] = [Block("service")],
        [typeof(TaskSpec)] = [Block("task")],
        [typeof(ContainerSpec)] = [Block("service"), Block("task")],
        [typeof(SecretFileSpec)] = [Block("service", "secret_file")],
        [typeof(VolumeSpec)] = [Block("service", "volume")],
        [typeof(RouteSpec)] = [Block("service", "route")],
        [typeof(HealthSpec)] = [Block("service", "health")],
        [typeof(UpdateSpec)] = [Block("service", "update")],
        [typeof(HookSpec)] = [Block("service", "pre_deploy")],
        [typeof(RegistrySpec)] = [Block("registry")],
    };

    /// <summary>What is called otherwise in JSON than in a file.</summary>
    private static readonly Dictionary<string, string> NamesInFiles = new(StringComparer.Ordinal)
    {
        ["services"] = "service",
        ["tasks"] = "task",
        ["registries"] = "registry",
        ["secret_files"] = "secret_file",
        ["volumes"] = "volume",
        ["routes"] = "route",
        ["is_ephemeral"] = "ephemeral",
        ["is_web_socket"] = "websocket",
    };

    public static string Text()
    {
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe };
        var schema = (JsonObject)SpecJson.Default.Options.GetJsonSchemaAsNode(typeof(DeploySpec), options);
        var page = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = "What Mill runs" };
        foreach (var (name, value) in schema.ToList()) page[name] = value?.DeepClone();
        return page.ToJsonString(Indented) + "\n";
    }

    private static BlockRule Block(params string[] path) => path.Aggregate(MillGrammar.File, (block, name) => block.Blocks.First(child => child.Name == name));

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (type == typeof(TimeSpan)) schema = new JsonObject { ["type"] = "string", ["pattern"] = DurationPattern };
        else if (type == typeof(Template)) schema = new JsonObject { ["type"] = "string" };
        if (schema is not JsonObject described) return schema;
        if (Meaning(context) is { } meaning) described["description"] = meaning;
        return described;
    }

    private static string? Meaning(JsonSchemaExporterContext context)
    {
        if (context.PropertyInfo is not { } property || !Rules.TryGetValue(property.DeclaringType, out var rules)) return null;
        var name = NamesInFiles.GetValueOrDefault(property.Name, property.Name);
        foreach (var rule in rules)
        {
            if (rule.Keys.FirstOrDefault(key => key.Name == name) is { } key) return Meaning(key);
            if (rule.Blocks.FirstOrDefault(block => block.Name == name) is { } block) return block.Meaning;
        }
        // What stands behind the name of a block, in a file.
        return rules is [{ Label: { } label }] && name is "name" or "path" or "host" or "address" ? $"{char.ToUpperInvariant(label[0])}{label[1..]}." : null;
    }

    private static string Meaning(KeyRule key) => key.Kind switch
    {
        ValueKind.Size => $"{key.Meaning} In bytes.",
        ValueKind.Template => $"{key.Meaning} ${{secret(NAME)}} stands for a secret, ${{service.NAME.address}} for the address of a service.",
        _ => key.Meaning,
    };
}
