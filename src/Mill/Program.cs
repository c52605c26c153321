using System.Net;
using Mill.Hosting;
string? Opt(string n) { var i = Array.IndexOf(args, n); return i < 0 ? null : args[i + 1]; }
var cfg = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") ?? "/tmp/millcfg";
try {
await DevServer.RunAsync(new DevOptions { DataDirectory = Opt("--data-dir") ?? "/tmp/milldev", Listen = IPEndPoint.Parse(Opt("--listen") ?? "127.0.0.1:4400"), MasterKeyFile = Opt("--master-key-file") ?? cfg + "/mill/master.key", MasterKey = Environment.GetEnvironmentVariable("MILL_MASTER_KEY") },
  r => { Console.WriteLine("address: " + r.Address); Console.WriteLine("token: " + r.Token); }, default);
} catch (Mill.Secrets.MillException e) { Console.Error.WriteLine("error: " + e.Message + "\nhint: " + e.Hint); return 1; }
return 0;
