Console.WriteLine("foz");
