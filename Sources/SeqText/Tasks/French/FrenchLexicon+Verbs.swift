extension FrenchLexicon {
  /// A verb and what it may do something to.
  struct Use: Sendable {
    let verb: FrenchVerb
    let objects: [FrenchNoun]

    init(_ verb: FrenchVerb, _ objects: [FrenchNoun]) {
      self.verb = verb
      self.objects = objects
    }
  }

  static let manger = FrenchVerb(
    "manger", .init("eat", "ate"), present: "mange manges mange mangeons mangez mangent")
  static let acheter = FrenchVerb(
    "acheter", .init("buy", "bought"),
    present: "achète achètes achète achetons achetez achètent", futureStem: "achèter")
  static let boire = FrenchVerb(
    "boire", .init("drink", "drank"), present: "bois bois boit buvons buvez boivent",
    participle: "bu", futureStem: "boir")
  static let prendre = FrenchVerb(
    "prendre", .init("take", "took"), present: "prends prends prend prenons prenez prennent",
    participle: "pris", futureStem: "prendr")
  static let voir = FrenchVerb(
    "voir", .init("see", "saw"), present: "vois vois voit voyons voyez voient", participle: "vu",
    futureStem: "verr")
  static let vendre = FrenchVerb(
    "vendre", .init("sell", "sold"), present: "vends vends vend vendons vendez vendent",
    participle: "vendu", futureStem: "vendr")
  static let perdre = FrenchVerb(
    "perdre", .init("lose", "lost"), present: "perds perds perd perdons perdez perdent",
    participle: "perdu", futureStem: "perdr")
  static let attendre = FrenchVerb(
    "attendre", .init("wait", "waited", progressive: "waiting", particle: "for"),
    present: "attends attends attend attendons attendez attendent", participle: "attendu",
    futureStem: "attendr")
  static let lire = FrenchVerb(
    "lire", .init("read", "read", progressive: "reading"),
    present: "lis lis lit lisons lisez lisent", participle: "lu", futureStem: "lir")
  static let ecrire = FrenchVerb(
    "écrire", .init("write", "wrote", progressive: "writing"),
    present: "écris écris écrit écrivons écrivez écrivent", participle: "écrit",
    futureStem: "écrir")
  static let ouvrir = FrenchVerb(
    "ouvrir", .init("open", "opened"), present: "ouvre ouvres ouvre ouvrons ouvrez ouvrent",
    participle: "ouvert")
  static let appeler = FrenchVerb(
    "appeler", .init("call", "called"),
    present: "appelle appelles appelle appelons appelez appellent", futureStem: "appeller")
  static let venir = FrenchVerb(
    "venir", .init("come", "came"), present: "viens viens vient venons venez viennent",
    participle: "venu", futureStem: "viendr", isPastWithEtre: true)
  static let comprendre = FrenchVerb(
    "comprendre", .init("understand", "understood"),
    present: "comprends comprends comprend comprenons comprenez comprennent",
    participle: "compris", futureStem: "comprendr")
  static let apprendre = FrenchVerb(
    "apprendre", .init("learn", "learned", progressive: "learning"),
    present: "apprends apprends apprend apprenons apprenez apprennent", participle: "appris",
    futureStem: "apprendr")
  static let preferer = FrenchVerb(
    "préférer", .init("prefer", "preferred"),
    present: "préfère préfères préfère préférons préférez préfèrent")
  static let habiter = FrenchVerb("habiter", .init("live", "lived"))
  static let parler = FrenchVerb("parler", .init("speak", "spoke"))
  static let chercher = FrenchVerb(
    "chercher", .init("look", "looked", progressive: "looking", particle: "for"))
  static let regarder = FrenchVerb(
    "regarder", .init("look", "looked", progressive: "looking", particle: "at"))
  static let trouver = FrenchVerb("trouver", .init("find", "found"))
  static let oublier = FrenchVerb("oublier", .init("forget", "forgot"))
  static let porter = FrenchVerb("porter", .init("wear", "wore", progressive: "wearing"))
  static let fermer = FrenchVerb("fermer", .init("close", "closed"))
  static let laver = FrenchVerb("laver", .init("wash", "washed", progressive: "washing"))
  static let dessiner = FrenchVerb("dessiner", .init("draw", "drew", progressive: "drawing"))
  static let reparer = FrenchVerb("réparer", .init("repair", "repaired", progressive: "repairing"))
  static let preparer = FrenchVerb(
    "préparer", .init("prepare", "prepared", progressive: "preparing"))
  static let aider = FrenchVerb("aider", .init("help", "helped"))
  static let inviter = FrenchVerb("inviter", .init("invite", "invited"))
  static let aimer = FrenchVerb("aimer", .init("like", "liked"))
  static let adorer = FrenchVerb("adorer", .init("love", "loved"))
  static let detester = FrenchVerb("détester", .init("hate", "hated"))

  /// Verbs of doing with things that can be counted.
  static let uses: [Use] = [
    Use(manger, snacks), Use(acheter, belongings + snacks + readings),
    Use(vendre, belongings + readings), Use(chercher, belongings + clothes + animals),
    Use(trouver, belongings + clothes + animals), Use(perdre, belongings + clothes),
    Use(voir, belongings + animals + furniture), Use(prendre, belongings + snacks + readings),
    Use(lire, readings), Use(ecrire, nouns(readings, "lettre", "livre", "histoire")),
    Use(regarder, nouns(belongings, "photo", "image", "fleur") + animals),
    Use(ouvrir, nouns(furniture + belongings + readings, "porte", "fenêtre", "valise", "sac")),
    Use(fermer, nouns(furniture + belongings, "porte", "fenêtre", "valise", "sac")),
    Use(laver, nouns(belongings + clothes, "voiture", "assiette", "chemise", "robe", "couteau")),
    Use(dessiner, nouns(belongings + furniture, "fleur", "maison", "arbre") + animals),
    Use(reparer, nouns(belongings + clothes, "vélo", "voiture", "téléphone", "lampe", "montre")),
    Use(porter, clothes), Use(oublier, belongings + clothes),
    Use(preparer, nouns(snacks, "gâteau", "sandwich")), Use(attendre, companions),
    Use(aider, companions), Use(inviter, companions), Use(appeler, companions),
  ]

  private static func nouns(_ nouns: [FrenchNoun], _ wanted: String...) -> [FrenchNoun] {
    nouns.filter { wanted.contains($0.singular) }
  }
}
